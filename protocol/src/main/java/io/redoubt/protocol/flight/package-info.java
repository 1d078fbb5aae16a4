/**
 * The events of this program for JDK Flight Recorder. {@link
 * io.redoubt.protocol.flight.FlightRecording#isOn} precedes each use, so that the classes of the
 * events are not loaded before a recording was started; imports nothing.
 */
@NullMarked
package io.redoubt.protocol.flight;

import org.jspecify.annotations.NullMarked;
