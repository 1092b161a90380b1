-- The operator of a new deployment: person $1, participation $2, token $3 with the hash $4.
with p as (
    insert into person (person_id, kind) values ($1::uuid, 'named') returning person_id
), m as (
    insert into participation (shard_key, participant_id, person_id, roles)
    select 0, $2::uuid, person_id, 1 from p
)
insert into token (token_id, secret_hash, person_id, name, roles)
select $3::uuid, $4::bytea, person_id, 'operator (admin.token)', 1 from p
