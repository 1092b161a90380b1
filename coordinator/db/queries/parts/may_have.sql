-- The person has not had the item, nor judged it elsewhere; it is not hidden, and wants more than is given out. The odd "between, order by"
-- makes one index cheaper than any other even when the statement is planned while the tables are empty, which is when it mostly is.
        and (select 1 from assignment x
            where x.shard_key = :shard and (x.item_id, x.participant_id) >= (:item, :person)
                and (x.item_id, x.participant_id) <= (:item, :person) and x.n >= 0
            order by x.item_id, x.participant_id limit 1) is null
        and (select 1 from judgment j
            where j.shard_key = :shard and (j.item_id, j.participant_id) >= (:item, :person)
                and (j.item_id, j.participant_id) <= (:item, :person)
            order by j.item_id, j.participant_id limit 1) is null
        and (select 1 from item_hidden h where h.shard_key = :shard and h.item_id >= :item and h.item_id <= :item
            order by h.item_id limit 1) is null
        and ((:slot < :wanted and (select 1 from assignment x
                where x.shard_key = :shard and x.item_id = :item and x.n >= :wanted and x.state <> 'open'
                order by x.item_id, x.n limit 1) is null)
            or has_room(:shard, :item, :slot, :wanted))
