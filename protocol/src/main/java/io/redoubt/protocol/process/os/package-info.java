/**
 * Functions that need system calls or files of the operating system: detaching from the terminal,
 * datagrams to Unix sockets, processors of a thread, the OOM score, the system log. Start with
 * {@link io.redoubt.protocol.process.os.Posix}. Imports none of Redoubt's packages.
 */
@NullMarked
package io.redoubt.protocol.process.os;

import org.jspecify.annotations.NullMarked;
