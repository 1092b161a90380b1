-- People who come with data: $2 source ids, $3 persons, $4 participants, $5 sealed answers or null.
with input as materialized (
    select ord, a as source_id, b::uuid as person_id, c::uuid as participant_id, d::bytea as sealed
    from unnest($2::text[], $3::text[], $4::text[], $5::text[]) with ordinality as u (a, b, c, d, ord)
), joined as (
    insert into participation (shard_key, participant_id, person_id, roles, source_id)
    select $1::bigint, participant_id, person_id, 8, source_id from input order by source_id
    on conflict do nothing
    returning person_id, participant_id
), people as (
    insert into person (person_id, kind) select person_id, 'imported' from joined
), answers as (
    insert into demographic_answer (person_id, version, sealed, consent_version)
    select i.person_id, 1, i.sealed, 'import' from joined j join input i on i.person_id = j.person_id
    where i.sealed is not null
), counted as (
    insert into project_counter (shard_key, stripe, n_participants)
    select $1::bigint, $6::smallint, count(*) from joined having count(*) > 0
    on conflict (shard_key, stripe) do update
        set n_participants = project_counter.n_participants + excluded.n_participants
)
select i.ord, coalesce(j.participant_id, p.participant_id)
from input i
left join joined j on j.person_id = i.person_id
left join participation p on p.shard_key = $1::bigint and p.source_id = i.source_id
