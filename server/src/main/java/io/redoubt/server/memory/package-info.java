/**
 * Raw memory: {@link io.redoubt.server.memory.Region}, the address space of all data, and {@link
 * io.redoubt.server.memory.Slabs}, which cuts it into blocks for one server. The only code that
 * asks the operating system for memory; it imports nothing of ours but the byte interfaces, because
 * everything else stands on it.
 */
@NullMarked
package io.redoubt.server.memory;

import org.jspecify.annotations.NullMarked;
