-- The next open slots of shard $1 that are least judged, in the order of their keys from $2 on and around, $3 at the most, and
-- before them leases that ran out: with their content, a row a response. What is read here is a hint; collect_take.sql decides.
with p as materialized (
    select task, guideline_version, blind, judgments_per_item from project where shard_key = $1::bigint
), level as materialized (
    select n from assignment where shard_key = $1::bigint and state = 'open' and n >= 0 and n < (select judgments_per_item from p)
    order by n, order_key limit 1
), next as materialized (
    (select item_id, n, order_key from assignment
    where shard_key = $1::bigint and state = 'leased' and expires_at < now() and n >= 0
    order by expires_at limit 8)
    union all
    (select item_id, n, order_key from assignment
    where shard_key = $1::bigint and state = 'open' and n >= 0 and n = (select n from level) and order_key > $2::bigint
    order by n, order_key limit $3::integer)
    union all
    (select item_id, n, order_key from assignment
    where shard_key = $1::bigint and state = 'open' and n >= 0 and n = (select n from level) and order_key <= $2::bigint
    order by n, order_key limit $3::integer)
), c as materialized (
    select item_id, n, order_key, row_number() over () as place from next
    where (select 1 from item_hidden h where h.shard_key = $1::bigint and h.item_id >= next.item_id
        and h.item_id <= next.item_id order by h.item_id limit 1) is null
    limit $3::integer
)
select c.item_id, c.n, c.order_key, r.n, i.n_responses,
    case when r.n = 0 then i.prompt end, case when r.n = 0 then to_json(i.language) end,
    case when r.n = 0 then to_json(i.warning) end, to_json(r.content),
    case when not p.blind then to_json(r.model) end, case when c.place = 1 and r.n = 0 then p.task end,
    case when r.n = 0 then case p.task #>> '{hindsight,when}' when 'before' then i.later when 'split' then case when (c.n + get_byte(uuid_send(c.item_id), 15)) % 2 = 0 then i.later end end end,
    p.guideline_version
from c
cross join p
cross join lateral (
    select prompt, language, warning, n_responses, later from item where shard_key = $1::bigint and item_id = c.item_id limit 1
) i
cross join lateral (
    select n, content, model from response where shard_key = $1::bigint and item_id = c.item_id order by n
) r
order by c.place, r.n
