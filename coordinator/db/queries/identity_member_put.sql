-- Person $2 has exactly the roles $4 in shard $1 from now on; with none of them the participation ends.
with m as (
    insert into participation (shard_key, participant_id, person_id, roles, state)
    select $1::bigint, $3::uuid, person_id, $4::integer, case when $4::integer = 0 then 'left' else 'active' end
    from person where person_id = $2::uuid and erased_at is null
    on conflict (shard_key, person_id) do update set roles = excluded.roles,
        state = case when participation.state = 'excluded' then 'excluded' else excluded.state end
    returning participant_id, state
), logged as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $5::uuid, $6::text from m
)
select participant_id, state from m
