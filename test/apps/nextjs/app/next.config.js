// Else the folder of another lock file above this one is taken for the app's.
module.exports = { turbopack: { root: __dirname } };
