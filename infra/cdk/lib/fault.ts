/** Something the person at the command line can put right; where in the code it was found is of no use. */
export class Fault extends Error {}
