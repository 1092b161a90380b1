-- Chat $2 of participant $3 has ended; twice is once. The lease of a turn that was not judged ends with it, for nobody has
-- two: else the next chat could not begin. It is not wanted any more; $4 is the counter's stripe.
with ended as (
    update chat set state = 'ended', ended_at = coalesce(ended_at, now())
    where shard_key = $1::bigint and chat_id = $2::uuid and participant_id = $3::uuid
    returning chat_id
), released as (
    update assignment a set state = 'open', lease_id = null, participant_id = null, leased_at = null,
        expires_at = null, shown = null
    from ended e
    join chat_turn t on t.shard_key = $1::bigint and t.chat_id = e.chat_id
    where a.shard_key = $1::bigint and a.item_id = t.turn_id and a.n = 0 and a.state = 'leased'
    returning a.item_id
), counted as (
    insert into project_counter (shard_key, stripe, n_wanted)
    select $1::bigint, $4::smallint, -1 from released
    on conflict (shard_key, stripe) do update set n_wanted = project_counter.n_wanted + excluded.n_wanted
)
select chat_id from ended
