-- What a study gives out by, held, so that what it wants can't change meanwhile; what changed since this began to look is looked at anew.
    select state, setup, case when setup = (select setup from project where shard_key = $1::bigint) then judgments_per_item else try_again() end as judgments_per_item,
        lease_seconds, guideline_version, task, task->>'kind' = 'pairwise' as is_pair, blind, repeat_share, strategy
    from project where shard_key = $1::bigint for key share
