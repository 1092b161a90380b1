-- What the card says of project $1: its settings, every guideline, what people were promised, and what is left out of its exports.
select p.project_id, p.name, p.settings, p.simulated, p.judgments_per_item,
    (select json_agg(json_build_object('version', g.version, 'sha256', encode(g.text_hash, 'hex'), 'text', g.text, 'task', g.task)
        order by g.version)
    from guideline g where g.shard_key = p.shard_key),
    (select count(*) from participation x where x.shard_key = p.shard_key and x.state = 'excluded'
        and exists (select from judgment j where j.shard_key = x.shard_key and j.participant_id = x.participant_id)),
    p.community_shard_key, p.community_id,
    (select json_agg(d.conditions order by d.first) from (
        select m.conditions, min(m.joined_at) as first from participation m
        where m.shard_key = p.shard_key and m.conditions is not null group by m.conditions order by 2 limit 100) d)
from project p where p.shard_key = $1::bigint
