-- Leaving gives back what was leased; judgments made stay, under the pseudonym.
with left_now as (
    update participation set state = 'left', quota_cell = null
    where shard_key = $1::bigint and person_id = $2::uuid and state = 'active'
    returning shard_key, participant_id
), freed as (
    update assignment a set state = 'open', lease_id = null, participant_id = null, leased_at = null,
        expires_at = null, shown = null
    from left_now l
    where a.shard_key = l.shard_key and a.participant_id = l.participant_id and a.state = 'leased'
)
select participant_id from left_now
