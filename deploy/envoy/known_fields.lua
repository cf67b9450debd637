-- Refuses a body with a field that the contracts do not know: the transcoder would leave it out without a word, and a
-- closure whose `endTime` is spelled wrong would never end. Reads paths and messages from the descriptor set that the
-- transcoder reads (SPOEDKADER_CONTRACTS). Only JSON as RFC 8259 has it is taken, for the transcoder takes more.

local MAX_DEPTH = 100
local HTTP_RULE = 72295728 -- google.api.http among the options of a method
local VERBS = {[3] = "PUT", [4] = "POST", [6] = "PATCH"}
local MESSAGE = 11

local protobuf = require("protobuf")
local decode, first = protobuf.decode, protobuf.first

-- By full name of a message, its fields by either name: the message in them, or false. What is not in here has a form
-- of its own in JSON (google.protobuf) or keys of its own (a map), and is not looked into.
local messages = {}

local function learn_message(message, scope)
  local options = first(message, 7)
  if options and first(decode(options), 7) == 1 then
    return
  end
  local name = scope .. "." .. first(message, 1)
  messages[name] = {}
  for _, bytes in ipairs(message[2] or {}) do
    local field = decode(bytes)
    local within = first(field, 5) == MESSAGE and first(field, 6)
    messages[name][first(field, 1)] = within
    messages[name][first(field, 10)] = within
  end
  for _, bytes in ipairs(message[3] or {}) do
    learn_message(decode(bytes), name)
  end
end

-- By verb, the patterns of paths with the message that their body holds.
local bodies = {PUT = {}, POST = {}, PATCH = {}}

local function learn_rule(rule, input)
  for number, verb in pairs(VERBS) do
    local template, body = first(rule, number), first(rule, 7)
    if template and body then
      local path = template:gsub("{[^=}]*=([^}]*)}", "%1"):gsub("%*", "[^/:]+")
      local holds = body == "*" and input or messages[input][body]
      table.insert(bodies[verb], {pattern = "^" .. path .. "$", message = holds})
    end
  end
  for _, bytes in ipairs(rule[11] or {}) do
    learn_rule(decode(bytes), input)
  end
end

local function learn(path)
  local file = assert(io.open(path, "rb"))
  local set = decode(file:read("*a"))
  file:close()
  local files = {}
  for _, bytes in ipairs(set[1]) do
    local one = decode(bytes)
    table.insert(files, one)
    local package = first(one, 2)
    for _, message in ipairs(package ~= "google.protobuf" and one[4] or {}) do
      learn_message(decode(message), "." .. package)
    end
  end
  for _, one in ipairs(files) do
    for _, service in ipairs(one[6] or {}) do
      for _, bytes in ipairs(decode(service)[2] or {}) do
        local method = decode(bytes)
        local rule = first(method, 4) and first(decode(first(method, 4)), HTTP_RULE)
        if rule then
          learn_rule(decode(rule), first(method, 2))
        end
      end
    end
  end
end

learn(os.getenv("SPOEDKADER_CONTRACTS"))

-- JSON: each reader takes the text and the place where something begins, and gives the place behind it.

local NO_JSON = "het bericht is geen JSON"

local function skip(text, at)
  return text:find("[^ \t\r\n]", at) or #text + 1
end

local function string_end(text, at)
  local place = at + 1
  while true do
    place = text:find('["\\%z\1-\31]', place)
    local character = place and text:sub(place, place)
    if character == '"' then
      return place + 1
    elseif character ~= "\\" then
      error(NO_JSON, 0)
    end
    place = place + 2
  end
end

local function scalar_end(text, at)
  for _, pattern in ipairs({"^true", "^false", "^null", "^%-?%d+%.?%d*[eE]?[+-]?%d*"}) do
    local _, last = text:find(pattern, at)
    if last then
      return last + 1
    end
  end
  error(NO_JSON, 0)
end

local read_value

-- What stands between two brackets with commas, each read by `read`.
local function read_items(text, at, close, read)
  at = skip(text, at + 1)
  if text:sub(at, at) == close then
    return at + 1
  end
  while true do
    at = skip(text, read(at))
    local character = text:sub(at, at)
    if character == close then
      return at + 1
    elseif character ~= "," then
      error(NO_JSON, 0)
    end
    at = skip(text, at + 1)
  end
end

function read_value(text, at, message, path, depth, unknown)
  if depth > MAX_DEPTH then
    error("het bericht is te diep genest", 0)
  end
  local character = text:sub(at, at)
  if character == '"' then
    return string_end(text, at)
  elseif character == "[" then
    return read_items(text, at, "]", function(item)
      return read_value(text, item, message, path, depth + 1, unknown)
    end)
  elseif character ~= "{" then
    return scalar_end(text, at)
  end
  local fields = message and messages[message]
  return read_items(text, at, "}", function(item)
    if text:sub(item, item) ~= '"' then
      error(NO_JSON, 0)
    end
    local behind = string_end(text, item)
    local key = text:sub(item + 1, behind - 2)
    local colon = skip(text, behind)
    if text:sub(colon, colon) ~= ":" then
      error(NO_JSON, 0)
    end
    local within = fields and fields[key]
    if fields and within == nil then
      table.insert(unknown, path .. key .. ": dit veld bestaat niet")
    end
    return read_value(text, skip(text, colon + 1), within, path .. key .. ".", depth + 1, unknown)
  end)
end

-- What is wrong with a body, or nil.
local function refusal(text, message)
  local unknown = {}
  local right, found = pcall(function()
    local at = skip(text, read_value(text, skip(text, 1), message, "", 0, unknown))
    if at <= #text then
      error(NO_JSON, 0)
    end
  end)
  if not right then
    return found
  end
  return #unknown > 0 and table.concat(unknown, "; "):sub(1, 1000) or nil
end

function envoy_on_request(handle)
  local bindings = bodies[handle:headers():get(":method")]
  if not bindings then
    return
  end
  local path = handle:headers():get(":path"):gsub("%?.*", "")
  for _, binding in ipairs(bindings) do
    if path:find(binding.pattern) then
      local body = handle:body()
      local text = body and body:getBytes(0, body:length()) or ""
      local wrong = text ~= "" and refusal(text, binding.message)
      if wrong then
        handle:respond({[":status"] = "400"}, wrong)
      end
      return
    end
  end
  -- The transcoder knows more than one form of some paths; none goes past this filter.
  handle:respond({[":status"] = "404"}, "dit pad bestaat niet")
end
