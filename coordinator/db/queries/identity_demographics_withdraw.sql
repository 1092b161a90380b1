select withdraw_demographics($1::uuid)
