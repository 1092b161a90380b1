-- All candidates near the cursor were items the person has had: moves the cursor behind the $3 next ones (or around).
-- No row when there are no others, and nothing is left for this person.
with p as materialized (
    select judgments_per_item from project where shard_key = $1::bigint
), me as materialized (
    select cursor_n, cursor_key from participation where shard_key = $1::bigint and participant_id = $2::uuid
), ahead as (
    select n, order_key from assignment
    where shard_key = $1::bigint and state = 'open' and n >= 0 and n < (select judgments_per_item from p)
        and (n, order_key) > ((select cursor_n from me), (select cursor_key from me))
    order by n, order_key offset $3::integer - 1 limit 1
), behind as (
    select n, order_key from assignment
    where shard_key = $1::bigint and state = 'open' and n >= 0 and n < (select judgments_per_item from p)
        and (n, order_key) <= ((select cursor_n from me), (select cursor_key from me))
    order by n, order_key offset $3::integer - 1 limit 1
), further as (
    select n, order_key from ahead
    union all
    select n, order_key from behind where not exists (select from ahead)
)
update participation m set cursor_n = f.n, cursor_key = f.order_key
from further f where m.shard_key = $1::bigint and m.participant_id = $2::uuid
returning m.cursor_n
