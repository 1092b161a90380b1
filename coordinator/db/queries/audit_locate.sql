-- An entry by its id ($1) or its leaf hash ($2), and the latest checkpoint.
select e.sequence, e.entry_id, e.entry, e.leaf_hash, c.size, c.note
from log_entry e
left join lateral (select size, note from log_checkpoint order by size desc limit 1) c on true
where e.entry_id = $1::uuid or e.leaf_hash = $2::bytea
order by e.sequence limit 1
