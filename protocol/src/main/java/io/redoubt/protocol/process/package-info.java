/**
 * The process: its clock, log, arguments, pid file, title, signals, background start and
 * notification of systemd. All access to time, signals and child processes goes through this
 * package.
 *
 * <p>Imports {@code bytes} and {@code process.os} only.
 */
@NullMarked
package io.redoubt.protocol.process;

import org.jspecify.annotations.NullMarked;
