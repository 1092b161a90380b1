-- Participant $2 of shard $1 has read version $3 of the guideline. Said again it is as it was. No row when there is no such version.
with known as (
    select version from guideline where shard_key = $1::bigint and version = $3::integer
), said as (
    insert into guideline_read (shard_key, participant_id, version)
    select $1::bigint, $2::uuid, version from known on conflict do nothing
)
select version from known
