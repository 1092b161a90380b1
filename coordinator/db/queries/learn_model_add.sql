-- With the card: what the study has beside what could be learnt from, by why it is not, as it is now. What people changed counts as they left it.
insert into model (shard_key, model_id, fit_id, method, artefact_hash, size, snapshot_hash, card)
select $1::bigint, $2::uuid, $3::uuid, $4::text, $5::bytea, $6::bigint, $7::bytea,
    $8::jsonb || jsonb_build_object('excluded', coalesce((
        select jsonb_object_agg(reason, judgments)
        from (
            select case when m.state = 'excluded' then 'person_excluded' when outcome = 'void' then 'taken_back' when n < 0 then 'repeat'
                else outcome end as reason, count(*) as judgments
            from (
                select distinct on (j.lease_id) j.lease_id, j.participant_id, j.outcome, j.n
                from judgment j where j.shard_key = $1::bigint
                order by j.lease_id, j.revision desc) latest
            join participation m on m.shard_key = $1::bigint and m.participant_id = latest.participant_id
            where m.state = 'excluded' or n < 0 or outcome not in ('left', 'right', 'tie', 'ranking', 'rating')
            group by 1) counted), '{}'::jsonb))
