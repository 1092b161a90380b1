select entry from log_entry where sequence >= $1::bigint and sequence < $1::bigint + $2::integer order by sequence
