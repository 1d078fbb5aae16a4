/**
 * What a process of Redis does besides serving: its clock, log, arguments, pid file, title,
 * signals, going to the background and telling systemd.
 *
 * <p>Imports {@code bytes} only; time, signals and child processes come into Redoubt here.
 */
@NullMarked
package io.redoubt.protocol.process;

import org.jspecify.annotations.NullMarked;
