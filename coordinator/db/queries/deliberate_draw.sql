-- The next statement of conversation $2 of community $1 for participant $3, of those shown that they have not voted on: drawn with probability
-- proportional to its priority (METHODS 1.8: 49 for a meta statement), by $4 in [0, 1), and remembered with that probability. A row always
-- where the conversation is there: the statement (null: none is left), its number, words and kind, how many more are left, whether it is open.
with c as materialized (
    select state = 'open' and (closes_at is null or closes_at > now()) as is_open from conversation
    where shard_key = $1::bigint and conversation_id = $2::uuid
), mine as materialized (
    select distinct statement_id from statement_vote where shard_key = $1::bigint and conversation_id = $2::uuid and participant_id = $3::uuid
), left_over as materialized (
    select s.statement_id, s.n, s.words, s.kind,
        case when s.kind = 'meta' then 49 else
            power((1 - (s.n_pass + 1) / (s.n_agree + s.n_disagree + s.n_pass + 2)::double precision) * (s.extremity + 1)
                * ((s.n_agree + 1) / (s.n_agree + s.n_disagree + s.n_pass + 2)::double precision)
                * (1 + 8 * power(2, - (s.n_agree + s.n_disagree + s.n_pass) / 5.0::double precision)), 2) end as priority
    from statement s
    where s.shard_key = $1::bigint and s.conversation_id = $2::uuid and s.state = 'shown' and not exists (select from mine m where m.statement_id = s.statement_id)
), ranked as (
    select *, sum(priority) over (order by n) as up_to, sum(priority) over () as whole, count(*) over () as n_left from left_over
), drawn as materialized (
    select * from ranked where up_to > $4::double precision * whole order by n limit 1
), kept as (
    insert into conversation_person as p (shard_key, conversation_id, participant_id, drawn, probability)
    select $1::bigint, $2::uuid, $3::uuid, d.statement_id, d.priority / d.whole from drawn d, c where c.is_open
    on conflict (shard_key, conversation_id, participant_id) do update set drawn = excluded.drawn, probability = excluded.probability
)
select d.statement_id, d.n, d.words, d.kind, d.n_left - 1, c.is_open from c left join drawn d on true
