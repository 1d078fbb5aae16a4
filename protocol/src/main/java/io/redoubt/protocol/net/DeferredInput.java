package io.redoubt.protocol.net;

import io.redoubt.protocol.bytes.BufferMemory;
import org.jspecify.annotations.Nullable;

/**
 * An entry of a {@link ReadBatch} that has to wait, with a copy of its bytes.
 *
 * @param bytes the copy, of which the first {@code length} bytes count; null for an event
 */
record DeferredInput(
    ReadBatch.Kind kind,
    @Nullable Object detail,
    BufferMemory.@Nullable Block bytes,
    long length) {}
