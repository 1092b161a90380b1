-- Person $1 has read what happened until $2 (microseconds; null: as it is), and is not told of $3 (null: as it is).
insert into notice_setting as s (person_id, off, seen_until)
values ($1::uuid, coalesce($3::text[], '{}'), coalesce('epoch'::timestamptz + $2::bigint * interval '1 microsecond', '-infinity'))
on conflict (person_id) do update set off = coalesce($3::text[], s.off), seen_until = greatest(s.seen_until, excluded.seen_until)
