/// The version of all three programs, which are released together.
package let switchyardVersion = "0.1.0"
