delete from job where job_id = $1::uuid and fence = 0
