-- What lease l of item i in study p shows: the words, the task that its guideline's version asks, the responses in their order on screen.
-- What happened later, to whom it is shown: all, or half of the slots of each item, with the items shared out as well, so that at no time
-- all of those who work see it (rules_show_later).
    i.prompt, i.language, i.warning, task_of($1::bigint, l.guideline_version, p.guideline_version, p.task), l.guideline_version, l.constitution_version,
    (select json_agg(case when p.blind or r.model is null
            then json_build_object('slot', s.name, 'content', r.content)
            else json_build_object('slot', s.name, 'content', r.content, 'model', r.model) end order by s.ord)
        from (
            select k, ord, case when p.task->>'kind' = 'pairwise' then (array['left', 'right'])[ord] when ord <= 26 then chr(96 + ord::integer)
                else chr(96 + (ord::integer - 1) / 26) || chr(97 + (ord::integer - 1) % 26) end as name
            from unnest(l.shown) with ordinality u (k, ord)
        ) s
        join response r on r.shard_key = $1::bigint and r.item_id = l.item_id and r.n = s.k),
    case p.task #>> '{hindsight,when}' when 'before' then i.later when 'split' then case when (l.n + get_byte(uuid_send(l.item_id), 15)) % 2 = 0 then i.later end end
