-- Figures $2 of $1 are now $4, of $3 people: unless those shown are of nearly as many. What is to be shown, as collect_shown.sql has it.
with put as (
    insert into shown_figures as f (shard_key, what, n_people, body)
    values ($1::bigint, $2::text, $3::bigint, $4::jsonb)
    on conflict (shard_key, what) do update set n_people = excluded.n_people, body = excluded.body, shown_at = now()
        where abs(excluded.n_people - f.n_people) >= 10
    returning f.body, f.n_people, f.shown_at
)
select body, n_people, (extract(epoch from shown_at) * 1000000)::bigint from put
union all
select body, n_people, (extract(epoch from shown_at) * 1000000)::bigint from shown_figures
where shard_key = $1::bigint and what = $2::text and not exists (select from put)
