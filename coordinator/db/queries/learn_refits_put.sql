-- All schedules of the study anew: $4 is a list of {method, attribute, options, share, least_s}; $5 the log's entry with id $6.
with gone as (
    delete from refit r where r.shard_key = $1::bigint
        and not exists (select from jsonb_array_elements($4::jsonb) e where e->>'method' = r.method)
), put as (
    insert into refit (shard_key, method, project_id, attribute, options, share, least_s, set_by)
    select $1::bigint, e->>'method', $2::uuid, e->>'attribute', coalesce(e->'options', '{}'), (e->>'share')::real,
        (e->>'least_s')::integer, $3::uuid
    from jsonb_array_elements($4::jsonb) e
    on conflict (shard_key, method) do update set attribute = excluded.attribute, options = excluded.options,
        share = excluded.share, least_s = excluded.least_s, set_by = excluded.set_by, set_at = now()
)
insert into log_outbox (shard_key, entry_id, entry) values ($1::bigint, $6::uuid, $5::jsonb)
