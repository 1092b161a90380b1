-- The values of some items ($2, $3) of shard $1.
insert into item_value (shard_key, item_id, value)
select $1::bigint, item_id::uuid, value::real from unnest($2::text[], $3::text[]) u (item_id, value)
on conflict (shard_key, item_id) do update set value = excluded.value where item_value.value <> excluded.value
