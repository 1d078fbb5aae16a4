/** A collector for tests of the push of metrics. */
@NullMarked
package io.redoubt.protocol.otlp;

import org.jspecify.annotations.NullMarked;
