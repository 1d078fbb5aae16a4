/** Compares Redoubt with a real Redis: the same requests, the same replies. */
package io.redoubt.server.differential;
