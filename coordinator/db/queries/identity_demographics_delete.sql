-- What was sealed is destroyed, and a withdrawn version says so.
with destroyed as (
    update demographic_answer set sealed = null where person_id = $1::uuid and sealed is not null returning version
), cleared as (
    update participation set quota_cell = null where person_id = $1::uuid and quota_cell is not null
)
insert into demographic_answer (person_id, version, sealed, consent_version)
select $1::uuid, (select max(version) from demographic_answer where person_id = $1::uuid) + 1, null, 'withdrawn'
where exists (select from destroyed)
returning version
