/**
 * Arguments and replies that several groups share: options of the SCAN family and units of expiry
 * times. Imports the call, below all groups.
 */
@NullMarked
package io.redoubt.server.command.common;

import org.jspecify.annotations.NullMarked;
