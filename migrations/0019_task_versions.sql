-- What annotators are asked changes later too, and each judgment says by its guideline's version what was told and asked: a version
-- holds both.
alter table guideline add column task jsonb;
update guideline g set task = p.settings->'task' from project p where p.shard_key = g.shard_key;
alter table guideline alter column task set not null;

-- The task that version `shown` of a study's guideline asks, which is at version `latest` and asks `task` now.
create function task_of(shard bigint, shown integer, latest integer, task jsonb) returns jsonb language sql stable as $$
    select case when shown = latest then task
        else (select g.task from guideline g where g.shard_key = shard and g.version = shown) end
$$;
