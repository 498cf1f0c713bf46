-- Takes one message, action or command into the queue, or refuses it, in one atomic step.
--
-- Why one script: RQ refuses `unique` and pipelines together with a rate limit, and a process that dies
-- between "seen" and "enqueued" would lose the message, in the other order double it.
--
-- Order and fairness. Jobs of one thread run in order: they share an RQ rate-limit key with concurrency 1.
-- A group has `slots` such keys; a thread with unfinished jobs stays in its slot, any other takes the
-- emptiest. So at most `slots` jobs of a group stand in the shared list or run, and a busy group cannot
-- push the others back. RQ releases the slots itself, also when a worker dies.
--
-- Returns {outcome, job id, number of jobs ahead}; outcomes: queued, duplicate, user_limit, group_limit,
-- group_full, queue_full.

local job_prefix, queue_prefix, limit_prefix, queues_key, limit_keys_key = unpack(ARGV, 1, 5)
local seen_key, seen_seconds, suffix, queue_name, now = unpack(ARGV, 6, 10)
local order, thread, slots, at_front, sender = ARGV[11], ARGV[12], tonumber(ARGV[13]), ARGV[14], ARGV[15]
local user_limit, group_limit = tonumber(ARGV[16]), tonumber(ARGV[17])
local group_room, total_room = tonumber(ARGV[18]), tonumber(ARGV[19])
local job_name, arguments, busy_name = ARGV[20], ARGV[21], ARGV[22]
local FIRST_FIELD = 23

local queue_key = queue_prefix .. queue_name
local pending_key = 'fennel:pending'
local time = redis.call('TIME')
local seconds = tonumber(time[1])

-- rq.rate_limit.ACQUIRE_AND_ENQUEUE_SCRIPT, word for word; its KEYS and ARGV are parameters here.
local function acquire(KEYS, ARGV)
--{acquire}--
end

local function is_pending(job_id)
    local status = redis.call('HGET', job_prefix .. job_id, 'status')
    return status == 'queued' or status == 'rate_limited' or status == 'started' or status == 'scheduled'
end

local function unfinished()
    -- Finished jobs are dropped from the old end at each call, and everywhere once the room is used up.
    for _, job_id in ipairs(redis.call('ZRANGE', pending_key, 0, 7)) do
        if is_pending(job_id) then break end
        redis.call('ZREM', pending_key, job_id)
    end
    if redis.call('ZCARD', pending_key) >= total_room then
        for _, job_id in ipairs(redis.call('ZRANGE', pending_key, 0, -1)) do
            if not is_pending(job_id) then redis.call('ZREM', pending_key, job_id) end
        end
    end
    return redis.call('ZCARD', pending_key)
end

local function above(kind, who, limit)
    -- A window of one minute that starts with its first message.
    if limit <= 0 or who == '' then return false end
    local key = 'fennel:rate:' .. kind .. ':' .. who
    local count = redis.call('INCR', key)
    if count == 1 then redis.call('EXPIRE', key, 60) end
    return count > limit
end

local function slot_key(slot) return limit_prefix .. order .. '-' .. slot end

local function choose_slot()
    -- The slot of this job, how many jobs the group has, and how many of them wait.
    local best, least, total, waiting_total = 0, nil, 0, 0
    for slot = 0, slots - 1 do
        local allowed = redis.call('ZCARD', slot_key(slot) .. ':allowed')
        local waiting = redis.call('ZCARD', slot_key(slot) .. ':rate_limited')
        total, waiting_total = total + allowed + waiting, waiting_total + waiting
        if not least or allowed + waiting < least then best, least = slot, allowed + waiting end
    end
    local before = redis.call('GET', 'fennel:slot:' .. thread)
    if before then
        local slot, job_id = before:match('^(%d+) (.+)$')
        if tonumber(slot) < slots and is_pending(job_id) then best = tonumber(slot) end
    end
    return best, total, waiting_total
end

local function save(job_id, name, values)
    redis.call('SADD', queues_key, queue_key)
    redis.call('HSET', job_prefix .. job_id, unpack(ARGV, FIRST_FIELD))
    redis.call('HSET', job_prefix .. job_id,
        'created_at', now, 'data', '["' .. name .. '", null, [' .. values .. '], {}]')
end

local function new_id() return string.format('%016d-%s', redis.call('INCR', 'fennel:sequence'), suffix) end

local function refuse(reason, position)
    -- The asker is told once a minute, ahead of everything else; the message itself is settled.
    redis.call('SET', seen_key, '', 'EX', seen_seconds)
    if busy_name == '' or not redis.call('SET', 'fennel:told:' .. sender, reason, 'NX', 'EX', 60) then
        return {reason, '', position}
    end
    local job_id = new_id()
    save(job_id, busy_name, arguments .. ', "' .. reason .. '", ' .. position)
    redis.call('HSET', job_prefix .. job_id, 'status', 'queued', 'enqueued_at', now)
    redis.call('LPUSH', queue_key, job_id)
    return {reason, job_id, position}
end

local seen = redis.call('GET', seen_key)
if seen then return {'duplicate', seen, 0} end

local slot, in_group, waiting = choose_slot()
local ahead = waiting + redis.call('LLEN', queue_key)
if above('user', sender, user_limit) then return refuse('user_limit', ahead) end
if above('group', order, group_limit) then return refuse('group_limit', ahead) end
if in_group >= group_room then return refuse('group_full', ahead) end
if unfinished() >= total_room then return refuse('queue_full', ahead) end

local job_id = new_id()
local key = slot_key(slot)
redis.call('SET', seen_key, job_id, 'EX', seen_seconds)
redis.call('SET', 'fennel:slot:' .. thread, slot .. ' ' .. job_id, 'EX', seen_seconds)
redis.call('ZADD', pending_key, seconds + tonumber(time[2]) / 1000000, job_id)
save(job_id, job_name, arguments)
redis.call('HSET', job_prefix .. job_id, 'status', 'rate_limited', 'rate_limit_key', order .. '-' .. slot,
    'rate_limit_concurrency', 1, 'enqueue_at_front', at_front)
redis.call('SADD', limit_keys_key, order .. '-' .. slot)
redis.call('HSET', key, 'concurrency', 1)
redis.call('ZADD', key .. ':rate_limited', seconds, job_id)
acquire({key .. ':allowed', key .. ':rate_limited'}, {1, seconds, now, queue_prefix, job_prefix})
return {'queued', job_id, ahead}
