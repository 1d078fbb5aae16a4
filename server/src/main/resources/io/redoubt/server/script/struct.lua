-- The library 'struct': packing values into bytes and taking them out.

local native, shared = ...
local raising = shared.raising
local pack, unpack, size = native.struct_pack, native.struct_unpack, native.struct_size

shared.variables.struct = shared.protect({
  pack = function(...)
    return raising(pack(...))
  end,
  unpack = function(...)
    return raising(unpack(...))
  end,
  size = function(...)
    return raising(size(...))
  end,
})
