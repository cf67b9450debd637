-- Reads the encoding of protobuf, as far as the filters of the door need it.

local protobuf = {}

-- The values of a message by field number, each a number or bytes.
function protobuf.decode(bytes)
  local found, at = {}, 1
  local function varint()
    local value, scale = 0, 1
    repeat
      local byte = bytes:byte(at)
      at = at + 1
      value = value + (byte % 128) * scale
      scale = scale * 128
    until byte < 128
    return value
  end
  while at <= #bytes do
    local tag = varint()
    local number, kind = math.floor(tag / 8), tag % 8
    local value
    if kind == 0 then
      value = varint()
    elseif kind == 2 then
      local length = varint()
      value = bytes:sub(at, at + length - 1)
      at = at + length
    else
      at = at + (kind == 1 and 8 or 4)
    end
    found[number] = found[number] or {}
    table.insert(found[number], value)
  end
  return found
end

-- The first value of a field, or nil.
function protobuf.first(message, number)
  return message[number] and message[number][1]
end

return protobuf
