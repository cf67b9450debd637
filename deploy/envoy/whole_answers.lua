-- Holds an answer until a service has said how the call ended. The transcoder sends a list on as it comes, and closes it
-- when the service refuses halfway: part of a list, with status 200, that nobody can tell from the whole. In its place
-- comes the refusal, as the transcoder writes it when nothing came before.

local protobuf = require("protobuf")
local decode, first = protobuf.decode, protobuf.first

-- By code of gRPC, the status of HTTP.
local STATUSES = {
  [1] = 499, [2] = 500, [3] = 400, [4] = 504, [5] = 404, [6] = 409, [7] = 403, [8] = 429,
  [9] = 400, [10] = 409, [11] = 400, [12] = 501, [13] = 500, [14] = 503, [15] = 500, [16] = 401,
}
local DIGITS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"

local function from_base64(text)
  local bytes, bits, count = {}, 0, 0
  for digit in text:gmatch("[%w+/]") do
    bits = bits * 64 + DIGITS:find(digit, 1, true) - 1
    count = count + 6
    if count >= 8 then
      count = count - 8
      table.insert(bytes, string.char(math.floor(bits / 2 ^ count)))
      bits = bits % 2 ^ count
    end
  end
  return table.concat(bytes)
end

local function from_percent(text)
  return (text:gsub("%%(%x%x)", function(digits)
    return string.char(tonumber(digits, 16))
  end))
end

local function quoted(text)
  return '"' .. (text or ""):gsub('[%z\1-\31"\\]', function(character)
    return string.format("\\u%04x", character:byte())
  end) .. '"'
end

-- JSON of an object, from names and the JSON of their values in turn; what has its default is left out.
local function object(...)
  local members, given = {}, {...}
  for place = 1, #given, 2 do
    if given[place + 1] ~= "" and given[place + 1] ~= '""' then
      table.insert(members, '"' .. given[place] .. '":' .. given[place + 1])
    end
  end
  return "{" .. table.concat(members, ",") .. "}"
end

-- The messages in a list of fields, each written by `write`, between brackets; empty when there are none.
local function list(messages, open, close, write)
  local written = {}
  for _, bytes in ipairs(messages or {}) do
    table.insert(written, write(decode(bytes)))
  end
  return #written > 0 and open .. table.concat(written, ",") .. close or ""
end

local TYPE = "type.googleapis.com/google.rpc."
-- The two details that our refusals have, by type.
local DETAILS = {
  [TYPE .. "ErrorInfo"] = function(info)
    local metadata = list(info[3], "{", "}", function(entry)
      return quoted(first(entry, 1)) .. ":" .. quoted(first(entry, 2))
    end)
    return "reason", quoted(first(info, 1)), "domain", quoted(first(info, 2)), "metadata", metadata
  end,
  [TYPE .. "BadRequest"] = function(request)
    return "fieldViolations", list(request[1], "[", "]", function(violation)
      return object("field", quoted(first(violation, 1)), "description", quoted(first(violation, 2)))
    end)
  end,
}

local function as_json(code, trailers)
  local status = decode(from_base64(trailers:get("grpc-status-details-bin") or ""))
  local message = first(status, 2) or from_percent(trailers:get("grpc-message") or "")
  local details = list(status[3], "[", "]", function(detail)
    local kind = first(detail, 1)
    return object("@type", quoted(kind), DETAILS[kind](decode(first(detail, 2))))
  end)
  return object("code", tostring(code), "message", quoted(message), "details", details)
end

-- A refusal whose details are not ours, or cannot be read, is still a refusal.
local function refusal(code, trailers)
  local right, json = pcall(as_json, code, trailers)
  return right and json or object("code", tostring(code))
end

function envoy_on_response(handle)
  local body, trailers = handle:body(), handle:trailers()
  local code = body and trailers and tonumber(trailers:get("grpc-status"))
  if code and code ~= 0 then
    local length = body:setBytes(refusal(code, trailers))
    handle:headers():replace(":status", STATUSES[code] or 500)
    handle:headers():replace("content-length", length)
  end
end
