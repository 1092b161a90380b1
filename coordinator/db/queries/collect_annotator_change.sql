-- Annotator $2 of $1 is excluded ($3) with reason $4 and its code $7, or let in again as they were before. The figures begin anew; what says nothing new
-- changes nothing. The entry of the log is $5, $6.
with old as materialized (
    select state, exclusion_reason, exclusion_code from participation
    where shard_key = $1::bigint and participant_id = $2::uuid for update
), m as (
    update participation p set state = case when $3::boolean then 'excluded' else coalesce(p.excluded_from, 'active') end,
        excluded_from = case when not $3::boolean then null when p.state = 'excluded' then p.excluded_from else p.state end,
        exclusion_reason = $4::text, exclusion_code = $7::text, excluded_at = case when $3::boolean then now() end
    from old
    where p.shard_key = $1::bigint and p.participant_id = $2::uuid
        and ((old.state = 'excluded') <> $3::boolean or ($3::boolean and (old.exclusion_reason, old.exclusion_code) is distinct from ($4::text, $7::text)))
    returning p.state
), anew as (
    update tally t set snapshot = null where t.shard_key = $1::bigint and exists (select from m)
), l as (
    insert into log_outbox (shard_key, entry_id, entry) select $1::bigint, $5::uuid, $6::text from m
)
select state from m union all select state from old where not exists (select from m)
