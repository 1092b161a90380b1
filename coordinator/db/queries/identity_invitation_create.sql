insert into invitation (shard_key, invitation_id, code_hash, kind, max_uses, expires_at, created_by)
select $1::bigint, $2::uuid, $3::bytea, $4::text, $5::integer, to_timestamp($6::bigint / 1000000.0), $7::uuid
where exists (select from project where shard_key = $1::bigint and $4::text = 'annotator')
    or exists (select from community where shard_key = $1::bigint and $4::text = 'member')
returning invitation_id
