"""What a SIS, a file or a DokStamp may do that means harm, and where it ends."""
