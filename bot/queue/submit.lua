-- Takes one message, action or command into the queue, or refuses it, in one atomic step.
--
-- Why one script: RQ refuses `unique` and pipelines together with a rate limit, and a process that dies
-- between "seen" and "enqueued" would lose the message, in the other order double it.
--
-- Order and fairness. Jobs of one thread run in order: they share an RQ rate-limit key with concurrency 1.
-- A group has `slots` such keys; a thread with unfinished jobs stays in its slot, any other takes an empty
-- one. So at most `slots` jobs of a group stand in the shared list or run, and a busy group cannot push the
-- others back. RQ releases the slots itself, also when a worker dies.
--
-- What is not `bounded` (commands, recalls, notices) is taken however many questions wait: it has a queue and
-- threads of its own, and does not count among them.
--
-- Returns {outcome, job id, number of jobs ahead}; outcomes: queued, duplicate, user_limit, group_limit,
-- group_full, queue_full. The table CONSTANTS stands before this text (bot/queue/queue.py): keys, limits and
-- the job fields that RQ writes for every job.

local suffix, queue_name, now, job_name, arguments = unpack(ARGV, 1, 5)
local order, thread, slots, first_slot = ARGV[6], ARGV[7], tonumber(ARGV[8]), tonumber(ARGV[9])
local at_front, sender, busy_name, waiting_name = unpack(ARGV, 10, 13)
local user_limit, group_limit, bounded = tonumber(ARGV[14]), tonumber(ARGV[15]), ARGV[16] == '1'
local askers_key, row_key, part = unpack(ARGV, 17, 19)

local seen_key = CONSTANTS.seen_prefix .. suffix
local queue_key = CONSTANTS.queue_prefix .. queue_name
local time = redis.call('TIME')
local seconds = tonumber(time[1])

-- rq.rate_limit.ACQUIRE_AND_ENQUEUE_SCRIPT, word for word; its KEYS and ARGV are parameters here.
local function acquire(KEYS, ARGV)
--{acquire}--
end

local function is_pending(job_id)
    local status = redis.call('HGET', CONSTANTS.job_prefix .. job_id, 'status')
    return status == 'queued' or status == 'rate_limited' or status == 'started' or status == 'scheduled'
end

local function is_full(key, room)
    -- A set of unfinished jobs; the finished ones among them are dropped once the room is used up.
    if redis.call('ZCARD', key) < room then return false end
    for _, job_id in ipairs(redis.call('ZRANGE', key, 0, -1)) do
        if not is_pending(job_id) then redis.call('ZREM', key, job_id) end
    end
    return redis.call('ZCARD', key) >= room
end

local function above(kind, who, limit)
    -- A window of one minute that starts with its first message.
    if limit <= 0 or who == '' then return false end
    local key = CONSTANTS.rate_prefix .. kind .. ':' .. who
    local count = redis.call('INCR', key)
    if count == 1 then redis.call('EXPIRE', key, CONSTANTS.rate_seconds) end
    return count > limit
end

local function slot_key(slot) return CONSTANTS.limit_prefix .. order .. '-' .. slot end

local function is_free(slot) return redis.call('ZCARD', slot_key(slot) .. ':allowed') == 0 end

local function choose_slot()
    -- Returns a slot, whether it is free, and whether an earlier question of the thread stands before it.
    -- Also for a thread's first message: a follow-up may have been taken first, when its own push failed.
    local before = thread ~= order and redis.call('GET', CONSTANTS.slot_prefix .. thread)
    if before then
        local slot, job_id = before:match('^(%d+) (.+)$')
        slot = tonumber(slot)
        if slot < slots and is_pending(job_id) then return slot, is_free(slot), true end
    end
    for step = 0, slots - 1 do
        local slot = (first_slot + step) % slots
        if is_free(slot) then return slot, true, false end
    end
    return first_slot, false, thread == order
end

local function save(queue, job_id, name, values, ...)
    local fields = {'created_at', now, 'data', '["' .. name .. '", null, [' .. values .. '], {}]', ...}
    for _, part in ipairs(CONSTANTS.fields[queue]) do fields[#fields + 1] = part end
    redis.call('HSET', CONSTANTS.job_prefix .. job_id, unpack(fields))
end

local function new_id() return string.format('%016d-%s', redis.call('INCR', CONSTANTS.sequence_key), suffix) end

local function tell(notice, whom, name, values)
    -- A job of the quick lane that tells an asker something, once a minute for each of `whom`.
    if name == '' then return '' end
    local told_key = CONSTANTS.told_prefix .. notice .. ':' .. whom
    if not redis.call('SET', told_key, 1, 'NX', 'EX', CONSTANTS.told_seconds) then return '' end
    local job_id, quick_key = new_id(), CONSTANTS.queue_prefix .. CONSTANTS.quick_queue
    save(CONSTANTS.quick_queue, job_id, name, values, 'status', 'queued', 'enqueued_at', now)
    redis.call('SADD', CONSTANTS.queues_key, quick_key)
    redis.call('RPUSH', quick_key, job_id)
    return job_id
end

local function refuse(reason, position)
    -- The message itself is settled: pushed again, it is a duplicate. A group is told once for a burst.
    redis.call('SET', seen_key, '', 'EX', CONSTANTS.seen_seconds)
    local values = arguments .. ', "' .. reason .. '", ' .. position
    return {reason, tell('refused', order, busy_name, values), position}
end

local seen = redis.call('GET', seen_key)
if seen then return {'duplicate', seen, 0} end

local group_key, pending_key = CONSTANTS.pending_prefix .. order, CONSTANTS.pending_key
local slot, free, follows = choose_slot()
local key, limit_name = slot_key(slot), order .. '-' .. slot
local ahead = redis.call('LLEN', queue_key)
if not free then ahead = ahead + redis.call('ZCARD', key .. ':rate_limited') end
if above('user', sender, user_limit) then return refuse('user_limit', ahead) end
if above('group', order, group_limit) then return refuse('group_limit', ahead) end
if bounded then
    if is_full(group_key, CONSTANTS.group_room) then return refuse('group_full', ahead) end
    if is_full(pending_key, CONSTANTS.total_room) then return refuse('queue_full', ahead) end
end

local job_id = new_id()
local since = seconds + tonumber(time[2]) / 1000000
redis.call('SET', seen_key, job_id, 'EX', CONSTANTS.seen_seconds)
if thread ~= order then
    local place = slot .. ' ' .. job_id
    redis.call('SET', CONSTANTS.slot_prefix .. thread, place, 'EX', CONSTANTS.slot_seconds)
end
if askers_key ~= '' then
    redis.call('SADD', askers_key, sender)
    redis.call('EXPIRE', askers_key, CONSTANTS.askers_seconds)
end
if row_key ~= '' then
    if redis.call('RPUSH', row_key, part) > CONSTANTS.most_parts then redis.call('LPOP', row_key) end
    redis.call('EXPIRE', row_key, CONSTANTS.parts_seconds)
end
if bounded then
    redis.call('ZADD', pending_key, since, job_id)
    redis.call('ZADD', group_key, since, job_id)
    if free then redis.call('EXPIRE', group_key, CONSTANTS.seen_seconds) end
end
save(queue_name, job_id, job_name, arguments, 'status', 'rate_limited', 'rate_limit_key', limit_name,
    'rate_limit_concurrency', 1, 'enqueue_at_front', at_front)
redis.call('ZADD', key .. ':rate_limited', seconds, job_id)
if free then
    redis.call('SADD', CONSTANTS.queues_key, queue_key)
    redis.call('SADD', CONSTANTS.limit_keys_key, limit_name)
    redis.call('HSET', key, 'concurrency', 1)
    acquire({key .. ':allowed', key .. ':rate_limited'},
        {1, seconds, now, CONSTANTS.queue_prefix, CONSTANTS.job_prefix})
end
if bounded and ahead >= CONSTANTS.tell_position_from and not follows then
    -- A follow-up's card must not stand above the answer to the question before it.
    tell('position', sender, waiting_name, arguments .. ', ' .. ahead)
end
return {'queued', job_id, ahead}
