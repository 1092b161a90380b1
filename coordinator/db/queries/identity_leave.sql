-- Leaving gives back what was leased, and its place in a quota; judgments made stay, under the pseudonym.
with left_now as (
    update participation set state = 'left', quota_cell = null
    where shard_key = $1::bigint and person_id = $2::uuid and state = 'active'
    returning shard_key, participant_id
), held as materialized (
    select a.shard_key, a.item_id, a.n, a.quota_cell
    from left_now l join assignment a on a.shard_key = l.shard_key and a.participant_id = l.participant_id and a.state = 'leased'
    for update of a
), counted as materialized (
    select q.shard_key, q.item_id, q.cell
    from held h
    cross join lateral (values (h.item_id), ('00000000-0000-0000-0000-000000000000'::uuid)) x (item_id)
    join quota_count q on q.shard_key = h.shard_key and q.item_id = x.item_id and q.cell = h.quota_cell
    order by q.item_id desc, q.cell for update of q
), given as (
    update quota_count q set n_taken = q.n_taken - 1
    from counted c where q.shard_key = c.shard_key and q.item_id = c.item_id and q.cell = c.cell
), freed as (
    update assignment a set state = 'open', lease_id = null, participant_id = null, leased_at = null,
        expires_at = null, shown = null, quota_cell = null
    from held h where a.shard_key = h.shard_key and a.item_id = h.item_id and a.n = h.n
)
select participant_id from left_now
