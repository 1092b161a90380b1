-- A batch of items ($2 ..) with their responses ($12 .., $12 is the item's place). Answers a row an item: its place, what
-- became of it, and the id that it has.
with p as materialized ( -- held: what is wanted of each is counted as it is
    select judgments_per_item from project where shard_key = $1::bigint for key share
), input as materialized (
    select ord, a::uuid as item_id, b as source_id, c::jsonb as prompt, d::smallint as n_responses, e as language,
        coalesce(f::text[], '{}') as tags, g::jsonb as gold, h as warning, i::bytea as content_hash,
        j::bigint as order_key, k::jsonb as later, l::jsonb as expected, m as gold_role
    from unnest($2::text[], $3::text[], $4::text[], $5::text[], $6::text[], $7::text[], $8::text[], $9::text[],
        $10::text[], $11::text[], $21::text[], $22::text[], $23::text[])
        with ordinality as u (a, b, c, d, e, f, g, h, i, j, k, l, m, ord)
), made as (
    insert into item (shard_key, item_id, source_id, prompt, n_responses, language, tags, gold, warning, content_hash,
        later, expected, gold_role, gold_place)
    select $1::bigint, item_id, source_id, prompt, n_responses, language, tags, gold, warning, content_hash, later,
        expected, gold_role, case when gold_role is not null then ord end
    from input order by content_hash
    on conflict do nothing
    returning item_id
), answers as (
    insert into response (shard_key, item_id, n, source_id, content, model, embedding, meta)
    select $1::bigint, m.item_id, r.n::smallint, r.source_id, r.content, r.model, r.embedding::bytea, r.meta::jsonb
    from unnest($12::text[], $13::text[], $14::text[], $15::text[], $16::text[], $17::text[], $18::text[])
        as r (ord, n, source_id, content, model, embedding, meta)
    join input i on i.ord = r.ord::bigint
    join made m on m.item_id = i.item_id
), slots as (
    insert into assignment (shard_key, item_id, n, order_key, n_responses, is_drawn)
    -- What has fewer responses than the task needs is kept for fits, and never given out. What has a role is given out without.
    select $1::bigint, m.item_id, 0, i.order_key, i.n_responses,
        (select p.strategy <> 'least_judged' from project p where p.shard_key = $1::bigint)
    from made m join input i on i.item_id = m.item_id
    where i.n_responses >= $20::integer and i.gold_role is null
    returning item_id
), counted as (
    insert into project_counter (shard_key, stripe, n_items, n_wanted)
    select $1::bigint, $19::smallint, count(*), count(s.item_id) * (select judgments_per_item from p)
    from made m left join slots s on s.item_id = m.item_id having count(*) > 0
    on conflict (shard_key, stripe) do update set n_items = project_counter.n_items + excluded.n_items,
        n_wanted = project_counter.n_wanted + excluded.n_wanted
)
select i.ord,
    case when m.item_id is not null then 'new'
        when s.item_id is not null then case when s.content_hash = i.content_hash then 'same' else 'other' end
        when h.item_id is not null then 'same' else 'again' end,
    coalesce(m.item_id, s.item_id, h.item_id)
from input i
left join made m on m.item_id = i.item_id
left join item s on s.shard_key = $1::bigint and s.source_id = i.source_id
left join item h on h.shard_key = $1::bigint and h.content_hash = i.content_hash
