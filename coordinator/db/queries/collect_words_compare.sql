-- Compares what was written in $1 since the last look, a thousand texts at a time, with what has a band in common: keeps the nearest by
-- another person and the nearest by the same, of those that share four fifths of their shingles, for both of the two. What has very
-- many like it is compared with fifty of them. Answers how many it compared.
with fresh as materialized (
    select text_id, revision, participant_id, shingles, bands from words
    where shard_key = $1::bigint and not is_compared limit 1000
), near as (
    select f.text_id, f.revision, f.participant_id, c.text_id as other_id, c.revision as other_revision,
        c.participant_id as other_participant_id, c.participant_id = f.participant_id as is_own, s.share
    from fresh f
    cross join lateral (
        (select o.text_id, o.revision, o.participant_id, o.shingles from words o
        where o.shard_key = $1::bigint and o.bands && f.bands and o.participant_id <> f.participant_id limit 50)
        union all
        (select o.text_id, o.revision, o.participant_id, o.shingles from words o
        where o.shard_key = $1::bigint and o.bands && f.bands and o.participant_id = f.participant_id and o.text_id <> f.text_id limit 50)
    ) c
    cross join lateral (
        select n::real / (cardinality(f.shingles) + cardinality(c.shingles) - n) as share
        from (select count(*) as n from unnest(f.shingles) x join unnest(c.shingles) y on y = x) b
    ) s
    where s.share >= 0.8
), best as (
    select distinct on (text_id, is_own) * from (
        select text_id, revision, participant_id, other_id, other_revision, other_participant_id, is_own, share from near
        union all
        select other_id, other_revision, other_participant_id, text_id, revision, participant_id, is_own, share from near
    ) n
    order by text_id, is_own, revision desc, share desc, other_revision desc, other_id
), kept as (
    insert into words_twin as t (shard_key, text_id, is_own, revision, participant_id, other_id, other_revision, other_participant_id, share)
    select $1::bigint, text_id, is_own, revision, participant_id, other_id, other_revision, other_participant_id, share from best
    on conflict (shard_key, text_id, is_own) do update set revision = excluded.revision, other_id = excluded.other_id,
        other_revision = excluded.other_revision, other_participant_id = excluded.other_participant_id, share = excluded.share
    where excluded.revision > t.revision or (excluded.revision = t.revision and (excluded.share > t.share
        or (excluded.other_id = t.other_id and excluded.other_revision > t.other_revision)))
), done as (
    update words w set is_compared = true from fresh f
    where w.shard_key = $1::bigint and w.text_id = f.text_id and w.revision = f.revision
)
select count(*) from fresh
