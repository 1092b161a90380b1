-- With an entry of the log ($2, $3) when somebody else did it.
with logged as (
    insert into log_outbox (shard_key, entry_id, entry) select 0, $2::uuid, $3::text where $3::text is not null
), told as (
    delete from notice_setting where person_id = $1::uuid
)
select erase_person($1::uuid)
