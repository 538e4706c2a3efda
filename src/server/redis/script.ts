/*
 * What is done inside Redis, each as one step. The epoch is that of the whole log, and belongs to Redis's
 * replication id, which is another one after every restart and every promotion: a copy that may lack a tail
 * is never taken for what it was copied from. A channel notes where each epoch began, when it is next used.
 *
 * KEYS  1 the log: identity, epoch       2 the channel: head, eras, turnedAt
 *       3 its stream, by offset          4, 5 ids and links, the young and the old
 * ARGV  1 the time, or "" for Redis's    2 how many messages are retained    3 for how many ms
 */
const PRELUDE = `
local time = redis.call('TIME')
local wall = time[1] * 1000 + math.floor(time[2] / 1000)
local now = ARGV[1] == '' and wall or tonumber(ARGV[1])
local most, ms = tonumber(ARGV[2]), tonumber(ARGV[3])
local DIGITS = '0123456789abcdefghijklmnopqrstuvwxyz'

local function text(number) return string.format('%.0f', number) end

local function base36(value)
  local digits = ''
  for _ = 1, 9 do
    local digit = value % 36 + 1
    digits = string.sub(DIGITS, digit, digit) .. digits
    value = math.floor(value / 36)
  end
  return digits
end

local replication = redis.call('INFO', 'replication')
if not string.find(replication, 'role:master', 1, true) then
  return redis.error_reply('READONLY not the primary')
end
local identity = string.match(replication, 'master_replid:(%w+)')
if not identity then return redis.error_reply('HOLDFAST no master_replid: nothing tells this log from a copy') end

local function epochOfLog()
  local known = redis.call('HMGET', KEYS[1], 'identity', 'epoch')
  if known[1] == identity then return known[2] end
  local after = known[2] and tonumber(string.sub(known[2], 1, 9), 36) + 1 or 0
  local chance = string.sub(redis.sha1hex(identity .. text(wall)), 1, 6)
  local epoch = base36(math.max(wall, after)) .. chance
  redis.call('HSET', KEYS[1], 'identity', identity, 'epoch', epoch)
  return epoch
end

local epoch = epochOfLog()
local meta = redis.call('HMGET', KEYS[2], 'head', 'eras', 'turnedAt')
local head = tonumber(meta[1] or '0')
local eras = {}
for name, began in string.gmatch(meta[2] or '', '(%w+):(%d+)') do
  eras[#eras + 1] = { name, tonumber(began) }
end

local function writeEras()
  local parts = {}
  for n, era in ipairs(eras) do parts[n] = era[1] .. ':' .. text(era[2]) end
  redis.call('HSET', KEYS[2], 'eras', table.concat(parts, ' '))
end

-- Never of a channel that was not written: names are a peer's to invent.
if meta[1] and eras[#eras][1] ~= epoch then
  eras[#eras + 1] = { epoch, head }
  -- The oldest two become one that begins where the lower did: it proves less, and takes no room.
  if #eras > 64 then
    eras[2][2] = math.min(eras[1][2], eras[2][2])
    table.remove(eras, 1)
  end
  writeEras()
end

local function offsetOf(entry) return tonumber(string.match(entry[1], '^%d+')) end
local function isOld(entry) return now - tonumber(entry[2][2]) > ms end

-- By halves: entries lie by offset, and their times don't fall.
local function trimByAge()
  local first = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', 1)[1]
  if not first or not isOld(first) then return end
  local low, high = offsetOf(first), head + 1
  while high - low > 1 do
    local middle = math.floor((low + high) / 2)
    local entry = redis.call('XRANGE', KEYS[3], text(middle), '+', 'COUNT', 1)[1]
    if entry and isOld(entry) then low = middle else high = middle end
  end
  redis.call('XTRIM', KEYS[3], 'MINID', text(high))
end

local function recall(key)
  return redis.call('HGET', KEYS[4], key) or redis.call('HGET', KEYS[5], key)
end

-- Where what follows a position of another epoch begins: each epoch since may have begun before it.
local function lowest(after, offset)
  local found = nil
  for _, era in ipairs(eras) do
    if era[1] > after then found = math.min(found or offset, era[2]) end
  end
  return found or 0
end

local function base()
  local first = redis.call('XRANGE', KEYS[3], '-', '+', 'COUNT', 1)[1]
  return first and offsetOf(first) - 1 or head
end

local function range(from, count)
  local found = {}
  if count < 1 then return found end
  for n, entry in ipairs(redis.call('XRANGE', KEYS[3], text(from), '+', 'COUNT', count)) do
    found[n] = { text(offsetOf(entry)), entry[2][4] }
  end
  return found
end
`;

/**
 * ARGV 4 the message as JSON  5 the key of its id  6 the key of its client, or ""  7 the link  8 the fence's
 * epoch after a "=", or ""  9 the name that followers listen to  10 Redis's time after which it is too late
 */
export const APPEND = `${PRELUDE}
if wall > tonumber(ARGV[10]) then return redis.error_reply('LATE too long under way') end
local remembered = ms + 60000
local turnedAt = tonumber(meta[3] or text(now))
local turns = math.floor((now - turnedAt) / remembered)
if turns > 0 then
  redis.call('UNLINK', KEYS[5])
  if turns == 1 and redis.call('EXISTS', KEYS[4]) == 1 then redis.call('RENAME', KEYS[4], KEYS[5])
  else redis.call('UNLINK', KEYS[4]) end
  turnedAt = turnedAt + turns * remembered
  if meta[1] then redis.call('HSET', KEYS[2], 'turnedAt', text(turnedAt)) end
end
local known = recall(ARGV[5])
if known then return { 'stored', epoch, known, 1 } end
if ARGV[8] ~= '' and ARGV[8] ~= '=' .. epoch then return { 'fenced' } end
if ARGV[6] ~= '' then
  local link = recall(ARGV[6])
  if link and tonumber(ARGV[7]) < tonumber(link) then return { 'fenced' } end
  redis.call('HSET', KEYS[4], ARGV[6], ARGV[7])
end
head = head + 1
local offset = text(head)
redis.call('HSET', KEYS[2], 'head', offset, 'turnedAt', text(turnedAt))
if #eras == 0 then
  eras[1] = { epoch, 0 }
  writeEras()
end
redis.call('HSET', KEYS[4], ARGV[5], offset)
redis.call('XADD', KEYS[3], 'MAXLEN', most, offset .. '-0', 't', text(now), 'm', ARGV[4])
trimByAge()
-- Of a channel that nobody uses any more only its head and its epochs stay.
redis.call('PEXPIRE', KEYS[3], remembered)
redis.call('PEXPIRE', KEYS[4], 2 * remembered)
redis.call('PUBLISH', ARGV[9], '{"epoch":"' .. epoch .. '","offset":' .. offset .. ',"message":' .. ARGV[4] .. '}')
return { 'stored', epoch, offset, 0 }
`;

/** ARGV 4 "head", or "read" 5 epoch 6 offset 7 limit, or "before" 5 epoch or "" 6 offset 7 limit, or "lookup" 5 key */
export const LOOK = `${PRELUDE}
if ARGV[4] == 'head' then return { epoch, text(head) } end
if ARGV[4] == 'lookup' then return { epoch, recall(ARGV[5]) or '' } end
if head == 0 then return { epoch, (ARGV[4] == 'read' and ARGV[5] == epoch and ARGV[6] == '0') and 1 or 0, {} } end
trimByAge()
local first, offset, limit = base(), tonumber(ARGV[6]), tonumber(ARGV[7])
local isOurs = ARGV[5] == epoch
if ARGV[4] == 'read' then
  local from = math.min(math.max(isOurs and offset or lowest(ARGV[5], offset), first), head)
  local isComplete = isOurs and offset >= first and offset <= head
  return { epoch, isComplete and 1 or 0, range(from + 1, limit) }
end
local last = head
if ARGV[5] ~= '' then last = (isOurs and offset or lowest(ARGV[5], offset) + 1) - 1 end
last = math.min(last, head)
local from = math.max(first, last - limit)
return { epoch, 0, range(from + 1, last - from) }
`;
