-- Numbers for the people of conversation $2 of $1, in the order in which they came; 0 is who runs it.
people as materialized (
    select participant_id, row_number() over (order by first_at, participant_id) as number from (
        select participant_id, min(at) as first_at from (
            select participant_id, voted_at as at from statement_vote where shard_key = $1::bigint and conversation_id = $2::uuid
            union all
            select participant_id, created_at from statement where shard_key = $1::bigint and conversation_id = $2::uuid and participant_id is not null
        ) e group by participant_id
    ) f
)
