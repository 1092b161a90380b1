select size, edge, note from log_checkpoint order by size desc limit 1
