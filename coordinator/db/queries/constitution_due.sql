-- Amendments whose time is over, with what decides them: the document they were written against and the latest. The
-- oldest of each community only: what it makes of the constitution decides what becomes of the next.
select a.shard_key, a.amendment_id, c.community_id, a.base_version, a.operations::text, a.rule::text,
    a.n_yes, a.n_no, a.n_abstain, base.document, latest.version, latest.document
from (
    select distinct on (shard_key) * from amendment
    where state = 'open' and closes_at <= now()
    order by shard_key, closes_at, amendment_id
) a
join community c on c.shard_key = a.shard_key
join constitution base on base.shard_key = a.shard_key and base.version = a.base_version
join lateral (
    select version, document from constitution k where k.shard_key = a.shard_key order by version desc limit 1
) latest on true
order by a.closes_at limit 4
