/**
 * Functions for which the operating system's own calls and files are needed: detaching from the
 * terminal, datagrams to Unix sockets, processors of a thread, the OOM score, the system log. Start
 * with {@link io.redoubt.protocol.process.os.Posix}. Imports nothing of ours.
 */
@NullMarked
package io.redoubt.protocol.process.os;

import org.jspecify.annotations.NullMarked;
