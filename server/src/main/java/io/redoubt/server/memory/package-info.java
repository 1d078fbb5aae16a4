/**
 * Raw memory: {@link io.redoubt.server.memory.Region}, the address space of all data, and {@link
 * io.redoubt.server.memory.Slabs}, which cuts it into blocks for one server. The only code that
 * requests memory from the operating system. It imports nothing of the project but the byte
 * interfaces, because all other packages depend on it.
 */
@NullMarked
package io.redoubt.server.memory;

import org.jspecify.annotations.NullMarked;
