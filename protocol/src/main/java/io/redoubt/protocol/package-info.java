/**
 * The infrastructure shared by the server and the sentinel: RESP, commands, configuration,
 * networking and the process. Imports libraries only.
 */
@NullMarked
package io.redoubt.protocol;

import org.jspecify.annotations.NullMarked;
